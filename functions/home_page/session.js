// Signing in and out. A key is kept for this tab alone, until it is closed. What a mailed link gives is not kept at all.

const KEY_KEPT = "nemo-video-key";
/** Statuses that say that a mailed link cannot be used. */
const REFUSED = new Set([401, 403, 404, 422]);

/** @type {{api: Api, form: NewVideo, videos: Videos, batches: Batches, spending: Spending, mailed: string} | null} */
let session = null;
/** Files that were not sent when a key was refused. They are uploaded again with the next key. */
/** @type {File[]} */
let waitingFiles = [];

/**
 * @param {string} key
 * @param {string} [owner]  whose key a mailed link gave
 */
const signIn = async (key, owner = "") => {
  if (!owner && !KEY_FORM.test(key))
    throw new Error(
      "Invalid API key. A key begins with nvp_ and has no spaces.",
    );
  const api = new Api(key);
  const spending = new Spending(api);
  const videos = new Videos(api, () => spending.refresh());
  const batches = new Batches(api);
  const form = new NewVideo(api, {
    video: (video) => {
      videos.add(video);
      spending.refresh();
    },
    batch: (batch) => batches.show(batch),
  });
  await videos.refresh();
  if (owner) forget();
  else remember(KEY_KEPT, key);
  forgetLink();
  const mailed = owner ? key : "";
  session = { api, form, videos, batches, spending, mailed };
  byId("key").value = "";
  write(document.body, "#who", owner && `Signed in as ${owner}`);
  show("signed-in");
  form.add(waitingFiles);
  waitingFiles = [];
  spending.refresh();
  videos.keepUpToDate();
  attempt("batches-feedback", async () => {
    await batches.refresh();
    await batches.openLinked();
  }).then(() => batches.keepUpToDate());
};

/** @param {string} [why] */
const signOut = (why = "") => {
  if (!session) return;
  const { api, form, videos, batches, spending, mailed } = session;
  session = null;
  api.end();
  if (mailed && !why) endSession(mailed);
  form.back();
  // After a refused key, the same person continues with another one: what was typed stays.
  if (why) waitingFiles = form.takeFiles();
  else form.clear();
  videos.clear();
  batches.clear();
  spending.clear();
  forget();
  write(document.body, "#who", "");
  show("signed-out");
  report("sign-in-feedback", why);
  byId("key").focus();
};

/** Show one part of the page. @param {"opening" | "signed-out" | "use-link" | "signed-in"} part */
const show = (part) => {
  for (const id of ["opening", "signed-out", "use-link", "signed-in"])
    byId(id).hidden = id !== part;
  byId("sign-out").hidden = part !== "signed-in";
};

/** If a mailed link was opened, ask for a press of its button. */
const openLink = () => {
  if (!takeLink()) return false;
  signOut();
  show("use-link");
  report("use-link-feedback", "");
  partOf(byId("use-link"), "button").focus();
  return true;
};

/** @param {HTMLButtonElement} button @param {string} feedback @param {(open: NonNullable<typeof session>) => unknown} work */
const inSession = (button, feedback, work) =>
  busy(button, feedback, () => session && work(session));

/** @param {string} id @param {string} event @param {(event: any) => void} react */
const on = (id, event, react) => byId(id).addEventListener(event, react);

on("sign-in", "submit", (event) => {
  event.preventDefault();
  busy(
    partOf(byId("sign-in"), "[type=submit]"),
    "sign-in-feedback",
    async () => {
      await signIn(byId("key").value.trim());
      byId("title").focus();
    },
  );
});
on("use-link", "submit", (event) => {
  event.preventDefault();
  busy(partOf(byId("use-link"), "button"), "use-link-feedback", async () => {
    try {
      const { key, owner } = await useLink();
      await signIn(key, owner);
      byId("title").focus();
    } catch (error) {
      // After other failures, the same link can be tried again.
      if (!(error instanceof ApiError) || !REFUSED.has(error.status))
        throw error;
      forgetLink();
      show("signed-out");
      report("sign-in-feedback", error.message);
      byId("key").focus();
    }
  });
});
if (byId("ask-link"))
  on("ask-link", "submit", (event) => {
    event.preventDefault();
    busy(partOf(byId("ask-link"), "button"), "ask-link-feedback", async () =>
      report("ask-link-feedback", await askForLink(byId("email").value.trim())),
    );
  });
on("sign-out", "click", () => signOut());
document.addEventListener("key-refused", () =>
  signOut(
    session?.mailed
      ? "Your session has ended. Sign in again."
      : "This key is unknown or was revoked. Sign in with another key.",
  ),
);

on("files", "change", () => {
  session?.form.add(byId("files").files);
  byId("files").value = "";
});
on("new-video", "submit", (event) => {
  event.preventDefault();
  inSession(byId("show-price"), "new-feedback", ({ form }) => form.showPrice());
});
on("yes", "click", () =>
  inSession(byId("yes"), "new-feedback", ({ form }) => form.make()),
);
on("no", "click", () => session?.form.back());

on("search", "input", () => session?.videos.search());
on("status", "change", () =>
  attempt("videos-feedback", () => session?.videos.filter()),
);
on("more", "click", () =>
  inSession(byId("more"), "videos-feedback", ({ videos }) => videos.more()),
);
on("more-batches", "click", () =>
  inSession(byId("more-batches"), "batches-feedback", ({ batches }) =>
    batches.more(),
  ),
);
addEventListener("hashchange", () => {
  if (!openLink())
    attempt("batches-feedback", () => session?.batches.openLinked());
});

// A file that misses the panel would otherwise replace the page.
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    byId("drop").classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) byId("drop").classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  byId("drop").classList.remove("over");
  if (event.dataTransfer) session?.form.add(event.dataTransfer.files);
});

const known = remembered(KEY_KEPT);
if (openLink()) {
  // Its button is waited for.
} else if (known) {
  show("opening");
  signIn(known).catch((error) => {
    if (error instanceof ApiError && error.isAboutTheKey) forget();
    show("signed-out");
    report("sign-in-feedback", error.message);
  });
} else {
  show("signed-out");
}
