// Signing in and out. The key is kept for this tab alone, until it is closed.

const KEY_KEPT = "nemo-video-key";

/** @type {{api: Api, form: NewVideo, videos: Videos, batches: Batches, spending: Spending} | null} */
let session = null;
/** Files that were not sent when a key was refused. They are uploaded again with the next key. */
/** @type {File[]} */
let waitingFiles = [];

/** @param {string} key */
const signIn = async (key) => {
  if (!KEY_FORM.test(key))
    throw new Error("A key begins with nvp_ and has no spaces.");
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
  remember(KEY_KEPT, key);
  session = { api, form, videos, batches, spending };
  byId("key").value = "";
  showSession(true);
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
  const { api, form, videos, batches, spending } = session;
  session = null;
  api.end();
  form.back();
  // After a refused key, the same person continues with another one: what was typed stays.
  if (why) waitingFiles = form.takeFiles();
  else form.clear();
  videos.clear();
  batches.clear();
  spending.clear();
  forget();
  showSession(false);
  report("sign-in-feedback", why);
  byId("key").focus();
};

/** @param {boolean} isOn */
const showSession = (isOn) => {
  byId("opening").hidden = true;
  byId("sign-in").hidden = isOn;
  byId("signed-in").hidden = !isOn;
  byId("sign-out").hidden = !isOn;
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
on("sign-out", "click", () => signOut());
document.addEventListener("key-refused", () =>
  signOut("This key is unknown or was revoked. Sign in with another key."),
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
addEventListener("hashchange", () =>
  attempt("batches-feedback", () => session?.batches.openLinked()),
);

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
if (known) {
  byId("opening").hidden = false;
  signIn(known).catch((error) => {
    if (error instanceof ApiError && error.isAboutTheKey) forget();
    showSession(false);
    report("sign-in-feedback", error.message);
  });
} else {
  showSession(false);
}
