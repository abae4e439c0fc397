# The page of emo-utils (`emo app`) on a CPU, without torch, run by a user without rights:
#   docker build -t emo-utils .
#   docker run --rm --read-only --tmpfs /tmp:size=4g -p 7860:7860 emo-utils
# Uploads and results lie in /tmp, in memory; nothing else is written. `make dockerfile` lints this file.
FROM python:3.11-slim-bookworm AS build

WORKDIR /src
COPY pyproject.toml requirements.txt README.md LICENSE ./
COPY emo_utils ./emo_utils
ENV EMO_MODELS_DIR=/opt/emo/models
RUN python -m venv /opt/emo \
    && /opt/emo/bin/python -m pip install --no-cache-dir --constraint requirements.txt ".[app]" \
    && /opt/emo/bin/emo fetch face_detection_short_range

FROM python:3.11-slim-bookworm

# What OpenCV and MediaPipe load from the system.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libegl1 libgl1 libgles2 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 emo
COPY --from=build /opt/emo /opt/emo
ENV EMO_MODELS_DIR=/opt/emo/models \
    EMO_DATA_DIR=/tmp/data \
    MPLCONFIGDIR=/tmp/matplotlib \
    PATH=/opt/emo/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1
USER 1000
WORKDIR /tmp
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/emo/health', timeout=4)"]
ENTRYPOINT ["emo", "app", "--public", "--no-browser"]
CMD ["--max-mb", "100", "--max-seconds", "60", "--max-side", "1920", "--max-queue", "8"]
