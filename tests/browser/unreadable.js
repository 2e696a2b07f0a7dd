// The texts of the page, outside of figures, that are smaller than 12 pixels or whose contrast is below 4.5 (WCAG 2, AA).
(() => {
  const parts = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = parts(color).map((part) => part / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (parts(color)[3] !== 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const texts = [...document.querySelectorAll('body *')].filter((e) => !e.closest('svg, script') && hasText(e));
  return texts.flatMap((element) => {
    const style = getComputedStyle(element);
    const ratio = contrast(light(style.color), light(behind(element)));
    const bad = ratio < 4.5 || parseFloat(style.fontSize) < 12;
    return bad ? [`${element.tagName} ${element.textContent.slice(0, 30)}: ${style.fontSize}, contrast ${ratio.toFixed(2)}`] : [];
  });
})()
