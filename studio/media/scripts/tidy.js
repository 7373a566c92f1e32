// Cookie notices and the like lie over what matters; what is fixed would lie in the middle of a tall picture.
() => {
  const called = /cookie|consent|gdpr|ccpa|privacy-?(banner|notice|popup|bar)|onetrust|usercentrics|didomi|truste|cmp-|cmpbox|cybot/i;
  const said = /cookie|consent|datenschutz|privacy|tracking/i;
  const answer = /^(i )?(accept|agree|allow|consent|reject|decline|deny|got it|okay|ok\b|manage|akzept|zustimm|ablehn|einverstanden|accepter|refuser|aceptar|rechazar|accetta|rifiuta|aceitar|同意|接受|允许|拒绝)/i;
  const notice = (element) => called.test(`${element.id} ${element.getAttribute('class') || ''} ${element.getAttribute('aria-label') || ''}`);
  const hide = (element) => element.style.setProperty('display', 'none', 'important');
  // A notice is short and asks for an answer. What a bakery says of its cookies does not.
  const asks = (element) => {
    const text = element.textContent || '';
    return text.length < 3000 && said.test(text) && !element.querySelector('main, article, h1')
      && [...element.querySelectorAll('a, button, [role=button], input')].some((one) => answer.test((one.innerText || one.value || '').trim()));
  };
  const tidy = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) tidy(element.shadowRoot);
      if (/^(HTML|HEAD|BODY|MAIN)$/.test(element.tagName)) continue;
      const position = getComputedStyle(element).position;
      const box = element.getBoundingClientRect();
      const lies = position === 'fixed' || position === 'sticky';
      if (position === 'fixed' && (box.top > 4 || box.height > 200)) hide(element);
      else if ((lies || notice(element)) && box.height > 0 && asks(element)) hide(element);
      else if (element.getAttribute('aria-modal') === 'true' || (element.tagName === 'DIALOG' && element.open)) hide(element);
    }
  };
  tidy(document);
  document.documentElement.style.setProperty('overflow', 'visible', 'important');
  document.body.style.setProperty('overflow', 'visible', 'important');
  window.scrollTo(0, 0);
}
