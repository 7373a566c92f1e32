// Signing in with a mailed link. To open it does nothing, because programs that check mails open each link.

const LINK = /^#sign-in=(.+)$/;

/** The secret of the link that was opened, until it is used. */
let linkToken = "";
/** What the link was exchanged for. If the list cannot be loaded then, it can be tried again. */
/** @type {{key: string, owner: string} | null} */
let begun = null;

/** Take the secret of a link out of the address, where others could see and copy it. */
const takeLink = () => {
  const token = location.hash.match(LINK)?.[1] || "";
  if (!token) return false;
  location.replace("#");
  linkToken = token;
  begun = null;
  return true;
};

/** Exchange the link for a key that lives for an hour. */
const useLink = async () => {
  begun ||= await postWithoutKey("sign-in/session", { token: linkToken });
  return /** @type {{key: string, owner: string}} */ (begun);
};

const forgetLink = () => {
  linkToken = "";
  begun = null;
};

/** @param {string} email @returns {Promise<string>} a sentence for people */
const askForLink = async (email) => {
  const language = navigator.language.slice(0, 35);
  return (await postWithoutKey("sign-in/link", { email, language })).message;
};

/** End a session at once, not only in this tab. @param {string} key */
const endSession = (key) =>
  postWithoutKey("sign-in/end", { key }).catch(() => undefined); // it ends by itself
