// Starts the app. A file of its own, since the page's policy allows no inline script.
import init from "./rulewright-web.js";

init({ module_or_path: "./rulewright-web_bg.wasm" }).catch((error) => {
  const note = document.getElementById("boot");
  if (note) {
    note.textContent =
      "This page could not start: please reload it, or open it in a newer browser. (" + error + ")";
  }
  throw error;
});
