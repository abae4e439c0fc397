// What the page's own scripts do: the live camera.
import "./live.js";
