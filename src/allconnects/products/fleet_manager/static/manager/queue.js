/** What was pressed without network: kept on the phone, sent in order when there is network again, never silently lost. */
import { ago } from "../js/time.js";
import { text } from "../live/settings.js";

const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60000;
const HELD_MS = 6000;

/**
 * @typedef {{id: number, key: string, label: string, url: string, body: any, at: number, error: string, once: string, due: number}} Action
 * `key`: pressing the same again replaces it. `error`: why the server refused it; such a one waits for its person.
 * `once`: sent again after a lost answer, the server knows it by this. `due`: not sent before, so that it can be undone.
 */
export class Queue {
  /** @param {string} owner whose: another account does not see it @param {() => void} changed */
  constructor(owner, changed) {
    this.owner = owner;
    this.changed = changed;
    /** @type {Action[]} */
    this.actions = [];
    this.wait = FIRST_WAIT_MS;
    this.heldMs = HELD_MS;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.sending = false;
    /** @type {number | null} */
    this.inFlight = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.offered = undefined;
    window.addEventListener("online", () => this.soon(0));
    document.addEventListener("visibilitychange", () => !document.hidden && this.soon(0));
  }

  async open() {
    this.database = await opened();
    const all = await done(this.store("readonly").getAll());
    for (const one of all) if (one.owner !== this.owner) await done(this.store("readwrite").delete(one.id));
    this.actions = all.filter((one) => one.owner === this.owner);
    this.changed();
    this.soon(0);
  }

  /** @param {IDBTransactionMode} mode */
  store(mode) {
    return /** @type {IDBDatabase} */ (this.database).transaction("actions", mode).objectStore("actions");
  }

  /**
   * @param {{key: string, label: string, url: string, body: any}} action
   * @param {boolean} [held] some seconds to take it back before it is sent
   */
  async add(action, held = false) {
    for (const same of this.actions.filter((one) => one.key === action.key)) await this.discard(same.id);
    const now = Date.now();
    const made = { ...action, owner: this.owner, at: now, error: "", once: crypto.randomUUID(), due: held ? now + this.heldMs : now };
    const id = Number(await done(this.store("readwrite").add(made)));
    this.actions.push({ ...made, id });
    this.changed();
    this.soon(held ? this.heldMs : 0);
    if (held) this.offerUndo(id, action.label);
  }

  /** A bar with one large button, until the action is sent. @param {number} id @param {string} label */
  offerUndo(id, label) {
    const bar = document.getElementById("undo");
    if (!bar) return;
    clearTimeout(this.offered);
    const words = document.createElement("span");
    words.textContent = text("heldback", { label });
    const close = () => {
      bar.hidden = true;
      bar.replaceChildren();
    };
    bar.replaceChildren(words, button(text("undo"), async () => {
      if (this.inFlight !== id) await this.discard(id);
      close();
    }, "btn"));
    bar.hidden = false;
    this.offered = setTimeout(close, this.heldMs);
  }

  /** Said at once, wherever one is in the app: what was decided did not come to pass, and why. @param {Action} action */
  tellRefused(action) {
    const bar = document.getElementById("undo");
    if (!bar) return;
    clearTimeout(this.offered);
    const words = document.createElement("span");
    words.textContent = `${action.label} – ${text("refused", { reason: action.error })}`;
    bar.replaceChildren(words, button(text("seen"), async () => {
      await this.discard(action.id);
      bar.hidden = true;
      bar.replaceChildren();
    }, "btn"));
    bar.hidden = false;
  }

  /** @param {number} id */
  async discard(id) {
    await done(this.store("readwrite").delete(id));
    this.actions = this.actions.filter((one) => one.id !== id);
    this.changed();
  }

  /** @param {number} id */
  retry(id) {
    const found = this.actions.find((one) => one.id === id);
    if (found) found.error = "";
    this.changed();
    this.soon(0);
  }

  /** @param {number} ms */
  soon(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), ms);
  }

  async flush() {
    if (this.sending) return;
    this.sending = true;
    try {
      const now = Date.now();
      for (const action of this.actions.filter((one) => !one.error && (one.due || 0) <= now)) {
        // Taken back meanwhile.
        if (this.actions.includes(action)) await this.send(action);
      }
      this.wait = FIRST_WAIT_MS;
      const next = Math.min(...this.actions.filter((one) => !one.error).map((one) => one.due || 0));
      if (Number.isFinite(next)) this.soon(Math.max(50, next - Date.now()));
    } catch {
      this.soon(this.wait);
      this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
    } finally {
      this.sending = false;
    }
  }

  /** Throws while there is no network; what the server refuses stays with its reason. @param {Action} action */
  async send(action) {
    this.inFlight = action.id;
    const answer = await fetch(action.url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken"), "Idempotency-Key": action.once || `${action.at}-${action.id}`,
      },
      body: JSON.stringify(action.body),
      signal: AbortSignal.timeout(30000),
    }).finally(() => { this.inFlight = null; });
    if (answer.ok) {
      await this.discard(action.id);
      document.dispatchEvent(new CustomEvent("sent", { detail: { key: action.key } }));
      return;
    }
    if (answer.status >= 500 || answer.status === 429) throw new Error("later");
    const problem = await answer.json().catch(() => ({}));
    action.error = problem.title || String(answer.status);
    this.changed();
    document.dispatchEvent(new CustomEvent("refused", { detail: { action } }));
  }

  /** @param {HTMLElement} list */
  draw(list) {
    list.replaceChildren(...this.actions.map((action) => this.row(action)));
  }

  /** @param {Action} action */
  row(action) {
    const row = document.createElement("li");
    const words = document.createElement("div");
    const name = document.createElement("strong");
    const state = document.createElement("div");
    name.textContent = action.label;
    state.className = action.error ? "text-danger small" : "text-secondary small";
    state.textContent = `${action.error ? text("refused", { reason: action.error }) : text("queued")} · ${ago(action.at, Date.now())}`;
    words.append(name, state);
    const buttons = document.createElement("div");
    buttons.className = "btn-list mt-2";
    buttons.append(button(text("retry"), () => this.retry(action.id)), button(text("discard"), () => this.discard(action.id)));
    row.append(words, buttons);
    return row;
  }
}

/** @param {string} words @param {() => void} pressed @param {string} [look] */
export function button(words, pressed, look = "btn") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = look;
  made.textContent = words;
  made.addEventListener("click", pressed);
  return made;
}

/** @param {string} name */
function cookie(name) {
  return document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) || "";
}

/** @returns {Promise<IDBDatabase>} */
function opened() {
  const request = indexedDB.open("manager", 1);
  request.addEventListener("upgradeneeded", () => request.result.createObjectStore("actions", { keyPath: "id", autoIncrement: true }));
  return done(request);
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}
