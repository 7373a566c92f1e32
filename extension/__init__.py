"""The browser extension: `src` is what the browser loads, the rest packs and draws."""
