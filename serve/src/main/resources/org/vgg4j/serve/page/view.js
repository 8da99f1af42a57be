// Draws what the page shows. Holds no state but what is in the document.

const $ = (id) => document.getElementById(id);
// Failures that no second try mends.
const OF_THE_FILE = [-1, 400, 413, 415];
const SVG = 'http://www.w3.org/2000/svg';

function element(name, className, text = '') {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function write(id, text) {
  if ($(id).textContent !== text) {
    $(id).textContent = text;
  }
}

/** A line that is there only if it says something. */
function line(id, text) {
  write(id, text);
  $(id).hidden = !text;
}

/** Makes a list show these items; what was there already stays, and with it the focus. */
function sync(list, items, key, make, update) {
  const left = new Map([...list.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, i) => {
    const name = String(key(item));
    const child = left.get(name) ?? make(item);
    left.delete(name);
    child.dataset.key = name;
    update(child, item);
    if (list.children[i] !== child) {
      list.insertBefore(child, list.children[i] ?? null);
    }
  });
  left.forEach((child) => child.remove());
}

/** A label without its WordNet ID, which says nothing to people. */
export function plain(label) {
  return wordNet(label)?.[2] ?? label;
}

function wordNet(label) {
  return /^(n\d{8})[\s_]+(\S.*)$/.exec(label);
}

function percent(share) {
  if (share === null || Number.isNaN(share)) {
    return '…';
  }
  return share < 0.01 ? 'under 1 %' : share >= 0.995 && share < 1 ? 'over 99 %' : `${Math.round(share * 100)} %`;
}

/** What went wrong, in a sentence that helps. */
export function kindly({ status, message }, name) {
  const it = name ? `“${name}”` : 'The picture';
  switch (status) {
    case -1:
      return message;
    case 0:
      return 'The service does not answer. Perhaps it was stopped, or the connection is lost.';
    case 400:
      return `${it} cannot be read. Perhaps the file is damaged: can you open it yourself?`;
    case 401:
      return 'The service answers only those who give its token.';
    case 404:
      return 'The service does not offer this.';
    case 413:
      return `${it} is too large for this service. A smaller copy may do.`;
    case 415:
      return `${it} is not a picture that can be read here. Try a JPEG, PNG, GIF, WebP, BMP or TIFF file.`;
    case 429:
      return 'The service is very busy. Please try again in a moment.';
    case 503:
      return 'The service is starting or stopping. Please try again in a moment.';
    case 504:
      return 'The service took too long. Please try again, perhaps with a smaller picture.';
    default:
      return 'Something went wrong. Please try again.';
  }
}

export function news(text) {
  write('news', text);
}

export function alarm(text) {
  write('alarm', '');
  write('alarm', text);
}

/** Something that is wrong with no single picture; no text: it is no longer so. */
export function problem(key, text, retry) {
  const all = $('problems');
  all.querySelector(`[data-key="${key}"]`)?.remove();
  if (!text) {
    return;
  }
  const box = element('p', 'problem');
  box.dataset.key = key;
  box.append(element('span', '', text));
  const button = element('button', 'quiet', retry ? 'Try again' : 'Dismiss');
  button.type = 'button';
  button.addEventListener('click', () => {
    box.remove();
    $('choose').focus();
    retry?.();
  });
  box.append(button);
  all.append(box);
  alarm(text);
}

/** Resolves to what was typed; null if there is no token to be had. */
export function askToken(refused) {
  const dialog = $('token-dialog');
  write('token-text', refused ? 'The service did not accept that token. Please check it.' : 'Whoever runs the service can tell you.');
  $('token').value = '';
  dialog.returnValue = '';
  return new Promise((resolve) => {
    $('no-token').onclick = () => dialog.close('');
    dialog.onclose = () => resolve(dialog.returnValue === 'given' ? $('token').value.trim() : null);
    dialog.showModal();
  });
}

export function offer({ models, index }, chosen) {
  const one = models.find((m) => m.name === chosen);
  write('network', one ? `Network ${one.network.split(' (')[0]}, ${count(one.classes)} labels` : 'The service has no network yet');
  $('models').hidden = models.length < 2;
  sync($('model'), models, (m) => m.name, () => document.createElement('option'), (option, m) => {
    option.value = m.name;
    option.textContent = m.name + (m.ready ? '' : ' (loading)');
    option.selected = m.name === chosen;
  });
  write('similar-note', index ? `The most similar of ${count(index.images)} pictures that the service knows.` : '');
}

function count(number) {
  return number.toLocaleString('en-GB');
}

export function names(all) {
  $('names').replaceChildren(...all.map((name) => new Option('', name)));
}

export function nothing() {
  $('view').hidden = true;
  $('picture').removeAttribute('src');
}

export function gallery(pictures, selected) {
  document.body.classList.toggle('has-pictures', pictures.length > 0);
  $('gallery').hidden = pictures.length < 2;
  sync($('pictures'), pictures, (p) => p.id, makeItem, (item, picture) => {
    item.firstChild.setAttribute('aria-current', picture === selected);
    fillItem(item, picture);
  });
}

export function galleryItem(picture) {
  const item = $('pictures').querySelector(`[data-key="${picture.id}"]`);
  if (item) {
    fillItem(item, picture);
  }
}

function makeItem(picture) {
  const item = element('li', '');
  const button = element('button', 'item');
  const thumb = element('img', '');
  button.type = 'button';
  thumb.alt = '';
  thumb.decoding = 'async';
  thumb.loading = 'lazy';
  thumb.src = picture.url;
  thumb.onerror = () => thumb.classList.add('unseen');
  button.append(thumb, element('span', 'heard', picture.name + ': '), element('span', 'item-text'));
  item.append(button);
  return item;
}

function fillItem(item, picture) {
  const text = item.querySelector('.item-text');
  const best = picture.result?.predictions[0];
  const words = best ? `${plain(best.label)}, ${percent(best.probability).replace('over', '>')}` : picture.failure ? 'not read' : '…';
  if (text.textContent !== words) {
    text.textContent = words;
  }
  item.firstChild.classList.toggle('bad', Boolean(picture.failure));
}

/** What the network says, as a sentence. */
export function inWords({ name, result }) {
  const list = result.predictions.map((p) => `${plain(p.label)}, ${percent(p.probability)}`).join('; ');
  return `${name}: ${list}.`;
}

/** Shows all that is known of a picture. */
export function show(picture, model) {
  $('view').hidden = false;
  write('name', picture.name);
  line('note', picture.note ?? '');
  showStage(picture);
  showVerdict(picture, model);
  line('waiting', picture.waiting);
  $('failed').hidden = !picture.failure;
  if (picture.failure) {
    write('reason', kindly(picture.failure, picture.name));
    $('again').hidden = OF_THE_FILE.includes(picture.failure.status);
    write('said', picture.failure.message && picture.failure.status > 0 ? `The service says: ${picture.failure.message}` : '');
  }
  $('found').hidden = !picture.result;
  if (picture.result) {
    showLabels(picture);
    line('map-waiting', picture.mapNote);
    write('time', time(picture.time));
    write('meaning', meaning(model));
  }
  showObjects(picture);
  showSimilar(picture.similar);
}

function showStage(picture) {
  const { shown, result, url } = picture;
  const width = result?.width ?? shown?.naturalWidth;
  const height = result?.height ?? shown?.naturalHeight;
  const unseen = shown === null;
  const image = $('picture');
  if (image.getAttribute('src') !== url) {
    image.src = url;
    image.alt = `Your picture, ${picture.name}`;
  }
  image.hidden = unseen;
  line('unseen', !unseen ? '' : picture.failure ? 'No picture' : 'Your browser cannot show this kind of picture.');
  $('stage').style.setProperty('--ratio', width ? width / height : unseen ? 2 : 4 / 3);
  $('stage').style.setProperty('--natural', width ?? 0);
  $('stage').classList.toggle('coarse', Boolean(width) && Math.max(width, height) < 160);
  write('size', width ? `${width} × ${height}` : '');
  const map = picture.maps.get(picture.chosen);
  $('map').hidden = !map;
  $('map-panel').hidden = !map;
  if (map && $('map').getAttribute('src') !== map) {
    $('map').src = map;
  }
  if (map) {
    write('map-label', `“${plain(result.predictions.find((p) => p.index === picture.chosen).label)}”`);
    strength();
  }
}

/** Brings the slider into sight, on a phone below the labels. */
export function slider() {
  $('map-panel').scrollIntoView({ block: 'nearest' });
}

/** Fades the heat map as the slider says. */
export function strength() {
  const value = $('strength').value;
  $('map').style.opacity = value / 100;
  $('strength').setAttribute('aria-valuetext', `${value} percent`);
  write('strength-value', `${value} %`);
}

function showVerdict({ result, failure }, model) {
  const best = result?.predictions[0];
  const text = element('span', 'best', best ? plain(best.label) : '');
  const lead = !best ? (failure ? 'That did not work' : 'One moment') : sureness(best.probability, model?.severalLabels);
  const heading = $('verdict');
  if (heading.textContent !== lead + text.textContent) {
    heading.replaceChildren(element('span', best ? 'lead' : '', lead), text);
  }
}

function sureness(probability, several) {
  if (several && probability < 0.5) return 'None of its labels, it seems. The likeliest: ';
  return probability >= 0.9 ? 'Quite sure: ' : probability >= 0.5 ? 'Probably: ' : 'Not sure, perhaps: ';
}

function showLabels({ result, maps, chosen }) {
  sync($('labels'), result.predictions, (p) => p.index, makeLabel, (item, { label, index, probability }) => {
    const button = item.firstChild;
    button.setAttribute('aria-pressed', chosen === index);
    button.classList.toggle('working', chosen === index && !maps.has(index));
    const wnid = wordNet(label)?.[1] ?? '';
    item.querySelector('.label-name').textContent = plain(label);
    item.querySelector('.wnid').textContent = wnid;
    item.querySelector('.share').textContent = percent(probability);
    item.querySelector('.bar').style.setProperty('--share', probability ?? 0);
  });
}

function makeLabel() {
  const item = element('li', '');
  const button = element('button', 'label');
  button.type = 'button';
  const bar = element('span', 'bar');
  bar.setAttribute('aria-hidden', 'true'); // the percentage says the same
  const words = element('span', 'words');
  words.append(element('span', 'label-name'), ' ', element('span', 'wnid'));
  button.append(words, ' ', element('span', 'share'), bar);
  item.append(button);
  return item;
}

function time({ all, service }) {
  const seconds = (ms) => `${(ms / 1000).toFixed(ms < 995 ? 2 : 1)} s`;
  return `Answered in ${seconds(all)}` + (service === undefined ? '.' : `, of which the service worked ${seconds(service)}.`);
}

function meaning(model) {
  if (model?.severalLabels) {
    return (
      `This network has learnt ${count(model.classes)} labels, and judges each on its own: a picture may show several of them, or none. ` +
      'A label of more than 50 % is more likely there than not.'
    );
  }
  return (
    `This network has learnt ${model ? count(model.classes) : 'some'} labels, and it always chooses among them, ` +
    'even if the picture shows something else. The percentages say how it shares its trust among the labels; ' +
    'together they make 100 %. Several small ones mean that it is not sure.'
  );
}

function showObjects({ objects, result }) {
  const list = objects?.list ?? [];
  $('boxes-panel').hidden = !objects;
  $('show-boxes').parentElement.hidden = !list.length;
  const boxes = $('boxes');
  boxes.toggleAttribute('hidden', !list.length || !$('show-boxes').checked);
  boxes.setAttribute('aria-label', list.map((o) => `A box around ${plain(o.label)}, ${place(o.box, result)}.`).join(' '));
  boxes.replaceChildren(...list.flatMap((o) => drawn(o, result)));
  const text = (o) => `${plain(o.label)}, ${percent(o.probability)}: ${place(o.box, result)}`;
  const lines = objects?.problem ? [objects.problem] : objects?.waiting ? ['Looking for the place …'] : list.map(text);
  $('objects').replaceChildren(...(lines.length ? lines : ['Nothing was found.']).map((words) => element('li', '', words)));
}

/** In percent, so that a box follows the picture's size. */
function drawn({ label, box: [left, top, right, bottom] }, { width, height }) {
  const part = (name, attributes, text = '') => {
    const made = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.textContent = text;
    return made;
  };
  const across = (x) => `${(100 * x) / width}%`;
  const down = (y) => `${(100 * y) / height}%`;
  const area = { x: across(left), y: down(top), width: across(right - left), height: down(bottom - top), rx: 3 };
  const inside = top < height * 0.1;
  const caption = { x: across(left), y: down(top), dx: inside ? 8 : 2, dy: inside ? 20 : -7 };
  return [part('rect', { ...area, class: 'halo' }), part('rect', { ...area, class: 'box' }), part('text', caption, plain(label))];
}

function place([left, top, right, bottom], { width, height }) {
  const third = (at, size, words) => words[Math.min(2, Math.floor((3 * at) / size))];
  const across = third((left + right) / 2, width, ['left', '', 'right']);
  const down = third((top + bottom) / 2, height, ['top', '', 'bottom']);
  const where = across || down ? `at the ${[down, across].filter(Boolean).join(' ')}` : 'in the middle';
  const share = ((right - left) * (bottom - top)) / (width * height);
  return `${where}, ${percent(Math.min(1, share))} of the picture`;
}

function showSimilar(similar) {
  const list = similar?.list ?? [];
  $('similar-panel').hidden = !similar;
  $('similar-note').hidden = !list.length;
  const problem = similar?.problem ?? (similar?.waiting ? 'Looking for similar pictures …' : '');
  const items = problem ? [{ row: 'problem', problem }] : list;
  sync($('similar'), items, (match) => `${match.row} ${match.url}`, makeMatch, () => {});
}

function makeMatch({ file, cosine, url, problem }) {
  if (problem) {
    return element('li', 'note', problem);
  }
  const item = element('li', 'match');
  if (url) {
    const image = element('img', '');
    image.src = url;
    image.alt = '';
    item.append(image);
  }
  const caption = element('span', 'file', file);
  caption.title = file;
  item.append(caption, ' ', element('span', 'fine', `${percent(Math.max(0, cosine))} alike`));
  return item;
}
