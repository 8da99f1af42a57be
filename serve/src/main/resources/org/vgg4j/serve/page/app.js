// The page: takes pictures, asks the service about them, and has view.js show what it says.

import { Failure, Service, withinLimits } from './service.js';
import * as view from './view.js';

const MOST_PICTURES = 100;
const LABELS = 5;
const SIMILAR = 12;

const $ = (id) => document.getElementById(id);
const service = new Service(view.askToken);
const pictures = [];
let selected = null;
let offer = null; // what /v1/models says
let model = null;
let names = null; // of the model's labels, once somebody looks for one
let starting = null;

/** Asks once what the service offers; again if that failed. */
function ready() {
  starting ??= service.send('v1/models', { urgent: true }).then(
    ({ data }) => {
      offer = data;
      model = (data.models.find((m) => m.default) ?? data.models[0])?.name ?? null;
      view.offer(data, model);
      view.problem('start', '');
    },
    (failure) => {
      starting = null;
      throw failure;
    },
  );
  return starting;
}

function start() {
  ready().catch((failure) => view.problem('start', view.kindly(failure), start));
}

function add(files, { pasted = false } = {}) {
  view.problem('add', '');
  const room = MOST_PICTURES - pictures.length;
  const taken = [...files].slice(0, Math.max(0, room));
  if (taken.length < files.length) {
    view.problem('add', `At most ${MOST_PICTURES} pictures at a time: the others were left out.`);
  }
  const added = taken.map((file) => ({
    file,
    id: crypto.getRandomValues(new Uint32Array(2)).join('-'),
    name: pasted && file.name === 'image.png' ? 'pasted picture' : file.name,
    url: URL.createObjectURL(file),
  }));
  pictures.push(...added);
  added.forEach(look);
  if (added.length) {
    select(added[0]);
  }
}

function select(picture) {
  selected = picture;
  view.gallery(pictures, selected);
  refresh(picture);
  lookFurther(picture);
}

function refresh(picture) {
  view.galleryItem(picture);
  if (picture === selected) {
    view.show(picture, offer?.models.find((m) => m.name === model));
  }
}

/** Has the network label a picture, from the beginning. */
async function look(picture) {
  forgetAnswers(picture);
  const stop = new AbortController();
  Object.assign(picture, { stop, waiting: 'Looking at the picture …', failure: null, result: null });
  Object.assign(picture, { maps: new Map(), chosen: null, mapNote: '', objects: null, similar: null, askedFurther: false });
  refresh(picture);
  try {
    await ready();
    await prepare(picture);
    stop.signal.throwIfAborted();
    const answer = await ask(picture, 'classify', { top: LABELS });
    const [result] = answer.data.images;
    if (result.error) {
      throw new Failure(400, result.error);
    }
    picture.result = result;
    picture.time = { all: answer.milliseconds, service: answer.data.milliseconds?.total };
  } catch (failure) {
    if (stop.signal.aborted) {
      return;
    }
    picture.failure = failure;
  }
  picture.waiting = '';
  refresh(picture);
  tell(picture);
  lookFurther(picture);
}

/** For those who do not see it: what came out for the selected picture, and when all are done. */
function tell(picture) {
  const left = pictures.filter((p) => p.waiting).length;
  const done = left === 0 && pictures.length > 1 ? ` All ${pictures.length} pictures are done.` : '';
  if (picture.failure && picture === selected) {
    view.alarm(`${picture.name}: ${view.kindly(picture.failure, picture.name)}`);
  } else if (picture === selected) {
    view.news(view.inWords(picture) + done);
  } else if (done) {
    view.news(done);
  }
}

/** Reads the file, which may turn out to be a folder, or empty, and makes it small enough. */
async function prepare(picture) {
  if (picture.body) {
    return;
  }
  const { file, name } = picture;
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    throw new Failure(-1, `“${name}” cannot be read. If it is a folder, choose the pictures in it.`);
  }
  if (file.size === 0) {
    throw new Failure(-1, `“${name}” is empty. If it is a folder, choose the pictures in it.`);
  }
  const shown = new Image();
  shown.src = picture.url;
  picture.shown = await new Promise((done) => {
    shown.onload = () => done(shown);
    shown.onerror = () => done(null);
  });
  Object.assign(picture, await withinLimits(file, picture.shown, offer.limits));
}

/** A request about a picture; says so where the service is busy. */
function ask(picture, what, parameters = {}, options = {}) {
  const query = new URLSearchParams({ ...(model === null ? {} : { model }), ...parameters });
  const waiting = picture.waiting;
  const onWait = (seconds) => {
    picture.waiting = seconds ? `The service is busy. Trying again in ${seconds} s …` : waiting;
    refresh(picture);
  };
  return service.send(`v1/${what}?${query}`, { body: picture.body, signal: picture.stop.signal, onWait, ...options });
}

/** Boxes and similar pictures, for pictures that somebody looks at. */
function lookFurther(picture) {
  if (picture !== selected || !picture.result || picture.askedFurther) {
    return;
  }
  picture.askedFurther = true;
  if (offer.localizer) {
    further(picture, 'objects', async () => {
      const { data } = await ask(picture, 'localize', { top: 1 });
      return answered(data).objects;
    });
  }
  if (offer.index) {
    further(picture, 'similar', async () => {
      const { data } = await ask(picture, 'search', { top: SIMILAR });
      const { matches } = answered(data);
      return Promise.all(matches.map(async (match) => ({ ...match, url: await thumbnail(picture, match.row) })));
    });
  }
}

function answered(data) {
  const [image] = data.images;
  if (image.error) {
    throw new Failure(400, image.error);
  }
  return image;
}

/** As a blob: an address in the page would be asked for without the token. */
async function thumbnail(picture, row) {
  try {
    const { data } = await service.send(`v1/thumbnails/${row}`, { as: 'blob', signal: picture.stop.signal });
    return URL.createObjectURL(data);
  } catch (failure) {
    picture.stop.signal.throwIfAborted();
    return null; // its caption is shown all the same
  }
}

async function further(picture, field, work) {
  const { signal } = picture.stop;
  let found;
  picture[field] = { waiting: true };
  refresh(picture);
  try {
    found = { list: await work() };
  } catch (failure) {
    found = { problem: view.kindly(failure, picture.name) };
  }
  if (!signal.aborted) {
    picture[field] = found;
    refresh(picture);
  }
}

/** Shows the heat map of a label, or hides it if it is shown. */
async function chooseLabel(picture, index) {
  picture.stopMap?.abort();
  picture.mapNote = '';
  picture.chosen = picture.chosen === index ? null : index;
  if (picture.chosen === null || picture.maps.has(index)) {
    refresh(picture);
    return;
  }
  const stopMap = (picture.stopMap = new AbortController());
  const note = (text) => {
    picture.mapNote = text;
    refresh(picture);
  };
  const prediction = picture.result.predictions.find((p) => p.index === index);
  const label = view.plain(prediction.label);
  const working = `Looking for what speaks for “${label}” …`;
  note(working);
  view.news(working);
  try {
    // A name that is a number would be taken for another label's index, and the other way round.
    const name = /^\d+$/.test(prediction.label) ? prediction.label : index;
    const { data, headers } = await ask(picture, 'heatmap', { class: name, form: 'overlay' }, {
      as: 'blob',
      urgent: true,
      signal: AbortSignal.any([picture.stop.signal, stopMap.signal]),
      onWait: (seconds) => note(seconds ? `The service is busy. Trying again in ${seconds} s …` : working),
    });
    picture.maps.set(index, URL.createObjectURL(data));
    prediction.probability ??= Number(headers.get('Vgg-Probability'));
    note('');
    if (picture === selected) {
      view.slider();
    }
    view.news(`The heat map of “${label}” lies over the picture.`);
  } catch (failure) {
    if (!stopMap.signal.aborted && !picture.stop.signal.aborted) {
      picture.chosen = null;
      note(view.kindly(failure, picture.name));
      view.alarm(picture.mapNote);
    }
  }
}

async function loadNames() {
  const wanted = model;
  if (!names && wanted !== null) {
    const { data } = await service.send(`v1/models/${encodeURIComponent(wanted)}`, { urgent: true });
    if (model === wanted) {
      names = data.classNames;
      view.names(names);
    }
  }
}

/** The heat map of a label that is not among the best. */
async function lookFor(text, picture) {
  const wanted = text.trim().toLowerCase();
  if (!wanted || !picture?.result) {
    return;
  }
  try {
    await loadNames();
  } catch (failure) {
    picture.mapNote = view.kindly(failure);
    refresh(picture);
    return;
  }
  const index = [(name) => name, view.plain]
    .map((form) => names.findIndex((name) => form(name).toLowerCase() === wanted))
    .find((at) => at >= 0);
  if (index === undefined) {
    picture.mapNote = `The network knows no label “${text.trim()}”. The list in the field has those that it knows.`;
    view.alarm(picture.mapNote);
    refresh(picture);
    return;
  }
  $('other').value = '';
  if (!picture.result.predictions.some((p) => p.index === index)) {
    picture.result.predictions.push({ label: names[index], index, probability: null });
  }
  if (picture.chosen !== index) {
    chooseLabel(picture, index);
  }
}

function changeModel(name) {
  model = name;
  names = null;
  view.names([]);
  view.offer(offer, model);
  pictures.forEach(look);
}

/** Stops what is under way for a picture, and frees what came of it. */
function forgetAnswers(picture) {
  picture.stop?.abort();
  picture.stopMap?.abort();
  picture.maps?.forEach((url) => URL.revokeObjectURL(url));
  picture.similar?.list?.forEach(({ url }) => url && URL.revokeObjectURL(url));
}

function remove(picture) {
  const at = pictures.indexOf(picture);
  pictures.splice(at, 1);
  forgetAnswers(picture);
  URL.revokeObjectURL(picture.url);
  if (pictures.length) {
    select(pictures[Math.min(at, pictures.length - 1)]);
    view.news(`${picture.name} was removed. Now shown: ${selected.name}.`);
  } else {
    selected = null;
    view.gallery(pictures, null);
    view.nothing();
    view.news(`${picture.name} was removed.`);
    $('choose').focus();
  }
}

function hasFiles(event) {
  return event.dataTransfer?.types.includes('Files');
}

addEventListener('dragover', (event) => {
  event.preventDefault();
  $('veil').hidden = !hasFiles(event);
});
addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) {
    $('veil').hidden = true;
  }
});
addEventListener('drop', (event) => {
  event.preventDefault();
  $('veil').hidden = true;
  if (event.dataTransfer?.files.length) {
    add(event.dataTransfer.files);
  } else {
    view.problem('add', 'That is not a file. Save the picture first, then drop the file here.');
  }
});
addEventListener('paste', (event) => {
  if (event.clipboardData?.files.length) {
    event.preventDefault();
    add(event.clipboardData.files, { pasted: true });
  } else if (!event.target.closest?.('input')) {
    view.problem('add', 'There is no picture on the clipboard. Copy the picture itself, then paste it here.');
  }
});
for (const [button, input] of [['choose', 'files'], ['photograph', 'camera']]) {
  $(button).addEventListener('click', () => $(input).click());
  $(input).addEventListener('change', () => {
    add($(input).files);
    $(input).value = ''; // so that the same file may be chosen again
  });
}
$('pictures').addEventListener('click', (event) => {
  const key = event.target.closest('li')?.dataset.key;
  const picture = pictures.find(({ id }) => id === key);
  if (picture) {
    select(picture);
  }
});
$('labels').addEventListener('click', (event) => {
  const key = event.target.closest('button')?.parentElement.dataset.key;
  if (key && selected?.result) {
    chooseLabel(selected, Number(key));
  }
});
$('remove').addEventListener('click', () => remove(selected));
$('clear').addEventListener('click', () => {
  while (pictures.length) {
    remove(pictures.at(-1));
  }
});
$('again').addEventListener('click', () => look(selected));
$('other').addEventListener('focus', () => loadNames().catch(() => {})); // said when a label is looked for
$('other').addEventListener('change', () => lookFor($('other').value, selected));
$('model').addEventListener('change', () => changeModel($('model').value));
$('strength').addEventListener('input', view.strength);
$('show-boxes').addEventListener('change', () => selected && refresh(selected));
start();
