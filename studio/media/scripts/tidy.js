// Cookie notices and the like lie over what matters; what is fixed would lie in the middle of a tall picture.
() => {
  for (const element of document.querySelectorAll('body *')) {
    const style = getComputedStyle(element);
    if (style.position !== 'fixed') continue;
    const box = element.getBoundingClientRect();
    if (box.top > 4 || box.height > 200) element.style.setProperty('display', 'none', 'important');
  }
  document.documentElement.style.setProperty('overflow', 'visible', 'important');
  document.body.style.setProperty('overflow', 'visible', 'important');
  window.scrollTo(0, 0);
}
