/** The inbox: choose all, and push messages to this browser. */
const all = /** @type {HTMLInputElement | null} */ (document.getElementById("all"));
const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('#inbox input[name="ids"]'));

function mark() {
  const count = [...boxes].filter((box) => box.checked).length;
  if (!all) return;
  all.checked = count > 0 && count === boxes.length;
  all.indeterminate = count > 0 && count < boxes.length;
}
all?.addEventListener("change", () => {
  for (const box of boxes) box.checked = all.checked;
});
for (const box of boxes) box.addEventListener("change", mark);

const button = /** @type {HTMLButtonElement | null} */ (document.getElementById("push"));
const key = JSON.parse(document.getElementById("push-key")?.textContent || '""');
const token = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=csrfmiddlewaretoken]"))?.value || cookie("csrftoken");

/** @param {string} name */
function cookie(name) {
  return document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) || "";
}

/** @param {string} text */
function bytes(text) {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

/** @param {string} url @param {unknown} body */
function send(url, body) {
  return fetch(url, { method: "POST", headers: { "X-CSRFToken": token, "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** @param {HTMLButtonElement} button */
async function push(button) {
  const { keyUrl, subscribe, forget, on, off, blocked } = /** @type {Record<string, string>} */ (button.dataset);
  const said = document.getElementById("push-said");
  const registration = await navigator.serviceWorker.register(keyUrl, { scope: "/alerts/" });
  let current = await registration.pushManager.getSubscription();
  const show = () => {
    const text = button.querySelector("span");
    if (text) text.textContent = current ? on : off;
    button.setAttribute("aria-pressed", String(Boolean(current)));
    button.classList.toggle("active", Boolean(current));
    button.hidden = false;
  };
  show();
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      if (current) {
        await send(forget, { endpoint: current.endpoint });
        await current.unsubscribe();
        current = null;
      } else if ((await Notification.requestPermission()) === "granted") {
        current = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
        await send(subscribe, current.toJSON());
      } else if (said) {
        said.className = "alert alert-warning";
        said.textContent = blocked;
      }
    } catch (error) {
      if (said) {
        said.className = "alert alert-warning";
        said.textContent = blocked;
      }
      console.info(error);
    }
    button.disabled = false;
    show();
  });
}

if (button && key && "serviceWorker" in navigator && "PushManager" in window) push(button).catch((error) => console.info(error));
