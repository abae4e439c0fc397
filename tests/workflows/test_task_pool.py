"""Workers that die: their task is tried once more, and nobody else's is lost."""

from concurrent.futures import ThreadPoolExecutor

from dying_tasks import square

from emo_utils.workflows.task_pool import open_pool


def results_of(tasks, **how) -> dict[int, object]:
    def begun(task):
        return (task[0] / f"{task[1]}.begun").exists()

    with open_pool(square, square, begun, lambda task: "died twice", **how) as pool:
        return {task[1]: result for task, result in pool.results(tasks)}


def test_a_task_whose_process_dies_is_tried_again_and_fails_the_second_time(tmp_path):
    found = results_of([(tmp_path, number) for number in range(8)], workers=2)
    assert found == {0: 0, 1: 1, 2: 4, 3: 9, 4: 16, 5: "died twice", 6: 36, 7: 49}


def test_somebody_elses_executor_and_this_process_give_the_same(tmp_path):
    tasks = [(tmp_path, number) for number in (1, 2, 4)]
    with ThreadPoolExecutor(2) as executor:
        assert results_of(tasks, executor=executor) == results_of(tasks) == {1: 1, 2: 4, 4: 16}
