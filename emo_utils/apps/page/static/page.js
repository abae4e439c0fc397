// Things that Gradio's pages lack: a language for screen readers is set by Gradio; the live camera is in live.js.
import "./live.js";
