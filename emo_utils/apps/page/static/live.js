// The live camera: frames go to the server over a WebSocket, boxes and probabilities come back.
// At most two frames are on their way; those that the camera gives meanwhile are left out and counted.
const SIDE = 480, QUALITY = 0.8, ON_THEIR_WAY = 2, SHOWN_S = 20, LEAST = 0.05;

let live = null;

const find = (name) => document.getElementById(`emo-live-${name}`);

class Live {
  constructor(stream) {
    this.stream = stream;
    this.sent = this.answered = this.left = this.dropped = 0;
    this.classes = [];
    this.colours = [];
    this.times = [];
    this.history = [];
    this.canvas = document.createElement("canvas");
    this.open = false;
  }

  async start() {
    this.video = find("video");
    this.video.srcObject = this.stream;
    await this.video.play();
    const address = new URL("emo/live", document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => { this.open = true; this.next(); };
    this.socket.onmessage = (message) => this.answer(JSON.parse(message.data));
    this.socket.onclose = () => this.open !== null && stop("The connection has ended. Start the camera again.");
  }

  next() {
    if (!this.open) return;
    const frame = () => { this.offer(); this.next(); };
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(frame);
    else setTimeout(frame, 33);
  }

  offer() {
    if (this.sent - this.answered >= ON_THEIR_WAY || !this.video.videoWidth) { this.left += 1; return; }
    const scale = Math.min(1, SIDE / Math.max(this.video.videoWidth, this.video.videoHeight));
    this.canvas.width = Math.round(this.video.videoWidth * scale);
    this.canvas.height = Math.round(this.video.videoHeight * scale);
    this.canvas.getContext("2d").drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    const number = ++this.sent;
    this.canvas.toBlob(async (picture) => {
      if (!picture || !this.open) return;
      const bytes = new Uint8Array(4 + picture.size);
      new DataView(bytes.buffer).setUint32(0, number);
      bytes.set(new Uint8Array(await picture.arrayBuffer()), 4);
      if (this.socket.readyState === WebSocket.OPEN) this.socket.send(bytes);
    }, "image/jpeg", QUALITY);
  }

  answer(message) {
    if (message.error) { stop(message.error); return; }
    if (message.classes) { this.classes = message.classes; this.colours = message.colours; this.bars(); return; }
    this.answered = message.frame;
    this.dropped = message.dropped;
    this.times.push(performance.now());
    while (this.times[0] < performance.now() - 2000) this.times.shift();
    const face = message.faces[0];
    this.history.push({ time: message.time_s, values: face ? face.probabilities : null });
    while (this.history[0].time < message.time_s - SHOWN_S) this.history.shift();
    this.boxes(message.faces);
    this.show(face, message);
    this.chart(message.time_s);
  }

  rate() {
    const [first, last] = [this.times[0], this.times[this.times.length - 1]];
    return last > first ? (1000 * (this.times.length - 1)) / (last - first) : 0;
  }

  bars() {
    find("bars").replaceChildren(...this.classes.map((name, index) => {
      const row = document.createElement("div");
      row.className = "emo-bar";
      row.style.setProperty("--emo", this.colours[index]);
      row.style.setProperty("--share", 0);
      row.innerHTML = `<dt>${name}</dt><dd><span>0%</span></dd>`;
      return row;
    }));
  }

  show(face, message) {
    const rest = message.rest_left_s > 0 ? `Rest: look at the camera, ${Math.ceil(message.rest_left_s)} s more. ` : "";
    const named = face ? `${face.emotion}, ${Math.round(100 * face.confidence)}%` : "No face.";
    const compared = face && face.baseline ? " (compared with the rest face)" : "";
    const text = rest || named.replace(/, .*/, "") + compared;
    if (find("now").textContent !== text) find("now").textContent = text;
    [...find("bars").children].forEach((row, index) => {
      const value = face ? face.probabilities[index] : 0;
      row.style.setProperty("--share", value);
      row.querySelector("span").textContent = `${Math.round(100 * value)}%`;
    });
    find("numbers").textContent =
      `${this.rate().toFixed(1)} frames a second, ${this.left + this.dropped} left out, ` +
      `${message.faces.length} ${message.faces.length === 1 ? "face" : "faces"}`;
  }

  boxes(faces) {
    const canvas = find("boxes"), pen = sized(canvas), { width, height } = canvas.getBoundingClientRect();
    pen.clearRect(0, 0, width, height);
    const area = this.area(width, height);
    pen.font = "600 15px system-ui, sans-serif";
    for (const face of faces) {
      const colour = this.colours[this.classes.indexOf(face.emotion)] || "#8a8f98";
      const [x1, y1, x2, y2] = face.box;
      const left = area.x + (1 - x2) * area.width, top = area.y + y1 * area.height;
      const wide = (x2 - x1) * area.width, high = (y2 - y1) * area.height;
      pen.lineWidth = 3;
      pen.strokeStyle = colour;
      pen.globalAlpha = face.status === "uncertain" ? 0.55 : 1;
      pen.strokeRect(left, top, wide, high);
      const text = `${face.person}  ${face.emotion} ${Math.round(100 * face.confidence)}%`;
      pen.fillStyle = colour;
      pen.fillRect(left - 1.5, Math.max(0, top - 24), pen.measureText(text).width + 14, 24);
      pen.fillStyle = "#101615";
      pen.fillText(text, left + 5, Math.max(0, top - 24) + 17);
      pen.globalAlpha = 1;
    }
  }

  // Where the picture is shown within the stage, which is 4 to 3.
  area(width, height) {
    const scale = Math.min(width / this.video.videoWidth, height / this.video.videoHeight);
    const wide = this.video.videoWidth * scale, high = this.video.videoHeight * scale;
    return { x: (width - wide) / 2, y: (height - high) / 2, width: wide, height: high };
  }

  chart(now) {
    const canvas = find("chart"), pen = sized(canvas), { width, height } = canvas.getBoundingClientRect();
    const x = (time) => width - ((now - time) / SHOWN_S) * width, y = (value) => height - 4 - value * (height - 10);
    pen.clearRect(0, 0, width, height);
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.globalAlpha = 0.25;
    pen.lineWidth = 1;
    for (const level of [0, 0.5, 1]) { pen.beginPath(); pen.moveTo(0, y(level)); pen.lineTo(width, y(level)); pen.stroke(); }
    pen.globalAlpha = 1;
    this.classes.forEach((name, index) => {
      if (!this.history.some((point) => point.values && point.values[index] >= LEAST)) return;
      pen.strokeStyle = this.colours[index];
      pen.lineWidth = 2;
      pen.beginPath();
      let drawing = false;
      for (const { time, values } of this.history) {
        if (!values) { drawing = false; continue; }
        if (drawing) pen.lineTo(x(time), y(values[index])); else pen.moveTo(x(time), y(values[index]));
        drawing = true;
      }
      pen.stroke();
    });
  }

  close() {
    this.open = null;
    if (this.socket) this.socket.close();
    for (const track of this.stream.getTracks()) track.stop();
    find("video").srcObject = null;
    find("boxes").getContext("2d").clearRect(0, 0, 1e5, 1e5);
  }
}

// A canvas as large as it is shown, in the pixels of the screen.
function sized(canvas) {
  const { width, height } = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}

async function start() {
  if (live) return;
  find("hint").textContent = "Waiting for the camera...";
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: false });
    live = new Live(stream);
    await live.start();
    find("hint").textContent = "";
    buttons(true);
  } catch (error) {
    stop(`The camera cannot be used: ${error.message || error.name}. Allow it in the browser, and start again.`);
  }
}

function stop(text) {
  if (live) live.close();
  live = null;
  find("hint").textContent = text || "The camera is off.";
  buttons(false);
}

function buttons(running) {
  find("start").disabled = running;
  find("stop").disabled = find("rest").disabled = !running;
}

document.addEventListener("click", (event) => {
  const name = event.target.id;
  if (name === "emo-live-start") start();
  if (name === "emo-live-stop") stop();
  if (name === "emo-live-rest" && live) live.socket.send("rest");
});
window.addEventListener("pagehide", () => live && stop());
