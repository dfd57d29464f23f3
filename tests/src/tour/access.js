// The body of a function: what is wrong with the page that is open. See access.rs.
const found = [];
const language = arguments[0];
const all = (selector) => [...document.querySelectorAll(selector)];
const shown = (element) => element.checkVisibility({ visibilityProperty: true });
const tag = (element) => element.outerHTML.slice(0, 90);
const text = (element) => (element.textContent || '').trim();

if (document.documentElement.lang !== language) found.push('the language is ' + document.documentElement.lang);
if (!document.title.trim()) found.push('no title');
if (all('main').length !== 1) found.push(all('main').length + ' main');

const headings = all('h1, h2, h3, h4, h5, h6').filter(shown);
if (headings.filter((h) => h.tagName === 'H1').length !== 1) found.push('not one h1');
let level = 0;
for (const heading of headings) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) found.push('a level is left out: ' + tag(heading));
  level = own;
  if (!text(heading)) found.push('an empty heading');
}

const referred = (element, attribute) =>
  (element.getAttribute(attribute) || '').split(/\s+/).filter((id) => id).map((id) => document.getElementById(id));
const named = (element) => {
  if ((element.getAttribute('aria-label') || '').trim()) return true;
  const others = referred(element, 'aria-labelledby');
  if (others.length && others.every((other) => other && text(other))) return true;
  const labels = element.labels ? [...element.labels] : [];
  return labels.some(text);
};
for (const field of all('input, select, textarea')) {
  if (['hidden', 'submit', 'button'].includes(field.type)) continue;
  if (shown(field) && !named(field)) found.push('a field without a label: ' + tag(field));
}
for (const one of all('a[href], button, summary')) {
  const picture = [...one.querySelectorAll('img[alt], svg[aria-label]')];
  const alt = picture.some((p) => (p.getAttribute('alt') || p.getAttribute('aria-label')).trim());
  if (shown(one) && !text(one) && !named(one) && !alt) found.push('no name: ' + tag(one));
}
for (const image of all('img')) if (!image.hasAttribute('alt')) found.push('a picture without alt: ' + tag(image));
for (const svg of all('svg')) {
  const hidden = svg.closest('[aria-hidden=true]');
  const role = svg.getAttribute('role') === 'img' && named(svg);
  if (!hidden && !role && !svg.querySelector('title')) found.push('a picture without a name: ' + tag(svg));
}

const ids = all('[id]').map((element) => element.id);
for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) found.push('twice: #' + id);
for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls']) {
  for (const element of all('[' + attribute + ']')) {
    if (referred(element, attribute).includes(null)) found.push('refers to nothing: ' + tag(element));
  }
}
for (const label of all('label[for]')) {
  if (!document.getElementById(label.htmlFor)) found.push('a label of nothing: ' + tag(label));
}
for (const element of all('[tabindex]')) if (element.tabIndex > 0) found.push('jumps the queue: ' + tag(element));

// Contrast of text that is shown, against the colours behind it.
const colour = (css) => {
  const parts = (css.match(/-?[\d.]+(e-?\d+)?/g) || []).map(Number);
  const scale = css.startsWith('color(') ? 255 : 1;
  return { rgb: parts.slice(0, 3).map((p) => p * scale), alpha: parts.length > 3 ? parts[3] : 1 };
};
const over = (front, back) => front.rgb.map((p, i) => p * front.alpha + back[i] * (1 - front.alpha));
const behind = (element) => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.push(colour(getComputedStyle(at).backgroundColor));
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  const canvas = dark && scheme.includes('dark') ? [18, 18, 18] : [255, 255, 255];
  return layers.reverse().reduce((back, layer) => over(layer, back), canvas);
};
const luminance = (rgb) => {
  const parts = rgb.map((p) => p / 255).map((p) => (p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4));
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  if (!node.data.trim() || !shown(element) || element.closest('svg, script, style, :disabled')) continue;
  const style = getComputedStyle(element);
  const ground = behind(element);
  const [one, other] = [luminance(over(colour(style.color), ground)), luminance(ground)];
  const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (large ? 3 : 4.5)) found.push('contrast ' + ratio.toFixed(2) + ': ' + node.data.trim().slice(0, 60));
}

const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
if (wide > 0) found.push('scrolls sideways by ' + wide + ' px');
return found;
