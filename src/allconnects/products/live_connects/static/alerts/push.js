/** A button that switches push messages to this browser on and off. */
const key = JSON.parse(document.getElementById("push-key")?.textContent || '""');

/** @param {string} name */
function cookie(name) {
  return document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) || "";
}

/** @param {string} text */
function bytes(text) {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

/** Throws when the server does not take it. @param {string} url @param {unknown} body */
async function send(url, body) {
  const token = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=csrfmiddlewaretoken]"))?.value || cookie("csrftoken");
  const answer = await fetch(url, {
    method: "POST", headers: { "X-CSRFToken": token, "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
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
  /** @param {string} words */
  const say = (words) => {
    if (!said) return;
    said.className = words ? "alert alert-warning" : "visually-hidden";
    said.textContent = words;
  };
  show();
  button.addEventListener("click", async () => {
    button.disabled = true;
    say("");
    try {
      if (current) {
        await send(forget, { endpoint: current.endpoint });
        await current.unsubscribe();
        current = null;
      } else if ((await Notification.requestPermission()) === "granted") {
        const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
        try {
          await send(subscribe, made.toJSON());
          current = made;
        } catch (error) {
          await made.unsubscribe(); // a switch that says on while nobody sends would be a lie
          throw error;
        }
      } else say(blocked);
    } catch (error) {
      say(blocked);
      console.info(error);
    }
    button.disabled = false;
    show();
  });
}

const button = /** @type {HTMLButtonElement | null} */ (document.getElementById("push"));
if (button && key && "serviceWorker" in navigator && "PushManager" in window) push(button).catch((error) => console.info(error));
