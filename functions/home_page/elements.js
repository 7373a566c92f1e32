// Elements of the page. What people and pages wrote is only ever set as text.

/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);

/** @param {string} template @returns {HTMLElement} a new copy of the only element in a template */
const copyOf = (template) =>
  byId(template).content.firstElementChild.cloneNode(true);

/** @param {string} id @param {string} text */
const report = (id, text) => {
  if (byId(id).textContent !== text) byId(id).textContent = text;
};

/** @param {Element} root @param {string} selector @returns {any} */
const partOf = (root, selector) => root.querySelector(selector);

/** Set a text; without one, hide its element. @param {Element} root @param {string} selector @param {string} text */
const write = (root, selector, text) => {
  const part = partOf(root, selector);
  if (part.textContent !== text) part.textContent = text;
  part.hidden = !text;
};

/** Set a link; without an address, hide it. @param {Element} root @param {string} selector @param {string | null} address */
const lead = (root, selector, address) => {
  const link = partOf(root, selector);
  link.hidden = !address;
  if (address && link.getAttribute("href") !== address)
    link.setAttribute("href", address);
  if (!address) link.removeAttribute("href");
};

/** @param {number} credits */
const inFigures = (credits) =>
  credits.toLocaleString("en", { maximumFractionDigits: 1 });

/** A moment, as people write it. @param {string} moment */
const atMinute = (moment) =>
  new Date(moment).toLocaleString("en", {
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
  });

/** @param {number} milliseconds */
const pause = (milliseconds) =>
  new Promise((done) => setTimeout(done, milliseconds));

/** Wait until somebody looks at this tab. */
const seen = () =>
  new Promise((done) => {
    if (!document.hidden) return done(undefined);
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      done(undefined);
    };
    document.addEventListener("visibilitychange", look);
  });

/**
 * Do something, and say what went wrong.
 * @param {string} feedback  the id of the element for messages
 * @param {() => unknown} work
 */
const attempt = async (feedback, work) => {
  report(feedback, "");
  try {
    await work();
  } catch (error) {
    report(feedback, error instanceof Error ? error.message : String(error));
    if (error instanceof ApiError && error.isAboutTheKey)
      document.dispatchEvent(new Event("key-refused"));
  }
};

/**
 * Do what a button starts, once at a time. The button stays in the order of the keyboard.
 * @param {HTMLButtonElement} button
 * @param {string} feedback  the id of the element for messages
 * @param {() => unknown} work
 */
const busy = async (button, feedback, work) => {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  await attempt(feedback, work);
  button.removeAttribute("aria-disabled");
};
