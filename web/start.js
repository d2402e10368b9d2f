// Starts the app, and says so when it can't go on. A file of its own, since the page's policy allows no
// inline script.
import init from "./rulewright-web.js";

const fault = document.getElementById("fault");

function stopped(sentence, error) {
  fault.textContent = `${sentence} (${error})`;
  fault.hidden = false;
}

// A panic in the app ends here too: it traps, and a trap is an error like any other. What a browser's extension
// or its own script does wrong does not stop the page.
const folder = new URL(".", import.meta.url).href;
addEventListener("error", ({ filename, message }) => {
  if (!filename?.startsWith(folder) && !filename?.startsWith("wasm")) return;
  stopped("Something went wrong, and the page stopped. Reload it: the address keeps game and seed.", message);
});

init({ module_or_path: "./rulewright-web_bg.wasm" }).catch((error) => {
  stopped("This page could not start. Reload it, or open it in a newer browser.", error);
  throw error;
});

// Only over https and on one's own machine do browsers offer it; without it the page works as well.
navigator.serviceWorker?.register("./offline.js").catch((error) => console.warn(error));
