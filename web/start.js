// Starts the app, and says so when it can't go on. A file of its own, since the page's policy allows no
// inline script.
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

// Bad wifi: what does not arrive is asked for again. A script under an address of its own, since a browser may
// remember that the first try failed.
async function arrives(get) {
  for (const wait of [500, 3000]) {
    try {
      return await get();
    } catch {
      await new Promise((over) => setTimeout(over, wait));
    }
  }
  return get();
}

async function start() {
  let tries = 0;
  const script = new URL("./rulewright-web.js", import.meta.url);
  const program = arrives(() => fetch("./rulewright-web_bg.wasm"));
  program.catch(() => {}); // it is waited for below
  const { default: init } = await arrives(() => {
    if (tries++) script.searchParams.set("again", tries);
    return import(script.href);
  });
  await init({ module_or_path: program });
}

start().catch((error) => {
  stopped("This page could not start. Reload it, or open it in a newer browser.", error);
  throw error;
});

// Only over https and on one's own machine do browsers offer it; without it the page works as well.
navigator.serviceWorker?.register("./offline.js").catch((error) => console.warn(error));
