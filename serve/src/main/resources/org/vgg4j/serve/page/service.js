// Talks to the service: the token, patience while it is busy, and only a few requests at a time.

const ATTEMPTS = 6;
const AT_ONCE = 2;
const LONGEST_WAIT = 60;
const TOKEN = 'vgg-token';

/** A request that failed: HTTP's status, 0 if there was no answer, and what the service said. */
export class Failure extends Error {
  constructor(status, said) {
    super(said);
    this.status = status;
  }
}

export class Service {
  #ask;
  #asking = null;
  #running = 0;
  #queue = [];

  /** @param ask shows a form for the token; resolves to it, or to null if there is none to be had */
  constructor(ask) {
    this.#ask = ask;
  }

  /** Sends a request when it is its turn. Resolves to {data, headers, milliseconds}, or rejects with a Failure or AbortError.
   *  options: body, signal, as ('json' or 'blob'), urgent (before those that wait), onWait(seconds; 0 when the wait is over). */
  async send(path, options = {}) {
    await this.#turn(options.urgent);
    try {
      return await this.#patiently(path, options);
    } finally {
      this.#running--;
      this.#queue.shift()?.();
    }
  }

  #turn(urgent) {
    return new Promise((resolve) => {
      const start = () => {
        this.#running++;
        resolve();
      };
      if (this.#running < AT_ONCE) {
        start();
      } else if (urgent) {
        this.#queue.unshift(start);
      } else {
        this.#queue.push(start);
      }
    });
  }

  async #patiently(path, options) {
    for (let attempt = 1; ; attempt++) {
      options.signal?.throwIfAborted();
      const token = sessionStorage.getItem(TOKEN);
      try {
        return await once(path, options, token);
      } catch (failure) {
        if (failure.status === 401) {
          await this.#newToken(token, failure);
        } else if (failure.wait !== undefined && attempt < ATTEMPTS) {
          options.onWait?.(failure.wait);
          await sleep(failure.wait, options.signal);
          options.onWait?.(0);
        } else {
          throw failure;
        }
      }
    }
  }

  /** Asks once, however many requests were refused at the same time. */
  async #newToken(refused, failure) {
    if (sessionStorage.getItem(TOKEN) !== refused) {
      return;
    }
    this.#asking ??= this.#ask(refused !== null).finally(() => (this.#asking = null));
    const token = await this.#asking;
    if (token === null) {
      throw failure;
    }
    sessionStorage.setItem(TOKEN, token);
  }
}

async function once(path, { body, signal, as = 'json' }, token) {
  const headers = {};
  if (token !== null) {
    headers.Authorization = 'Bearer ' + token;
  }
  if (body) {
    // Never the file's own type: the service would take a .json file for a list of pictures.
    headers['Content-Type'] = 'application/octet-stream';
  }
  const begun = performance.now();
  let response;
  let data;
  try {
    response = await fetch(path, { method: body ? 'POST' : 'GET', headers, body, signal, cache: 'no-store' });
    data = response.ok ? await response[as]() : await response.text();
  } catch (e) {
    if (signal?.aborted) {
      throw e;
    }
    throw new Failure(0, '');
  }
  if (response.ok) {
    return { data, headers: response.headers, milliseconds: performance.now() - begun };
  }
  const failure = new Failure(response.status, sentence(data));
  const seconds = Number.parseInt(response.headers.get('Retry-After'), 10);
  if (response.status === 429 || (response.status === 503 && seconds >= 0)) {
    failure.wait = Math.min(Math.max(seconds || 1, 1), LONGEST_WAIT);
  }
  throw failure;
}

function sentence(text) {
  try {
    return String(JSON.parse(text).error ?? '');
  } catch {
    return ''; // a proxy's page, say
  }
}

function sleep(seconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** What to send of a file: itself if it is within the limits, else a smaller copy, and then a note that says so.
 *  @param shown the picture as the browser shows it; null if it cannot */
export async function withinLimits(file, shown, limits) {
  const { maxBody = Infinity, maxPixels = Infinity } = limits ?? {};
  const pixels = shown ? shown.naturalWidth * shown.naturalHeight : 0;
  if (!shown || (file.size <= maxBody && pixels <= maxPixels)) {
    return { body: file, note: '' };
  }
  const canvas = document.createElement('canvas');
  for (let scale = Math.min(1, Math.sqrt(maxPixels / pixels), 4096 / Math.max(shown.naturalWidth, shown.naturalHeight)); ; scale *= 0.7) {
    canvas.width = Math.max(1, Math.floor(shown.naturalWidth * scale));
    canvas.height = Math.max(1, Math.floor(shown.naturalHeight * scale));
    canvas.getContext('2d').drawImage(shown, 0, 0, canvas.width, canvas.height);
    const body = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.92));
    if (body && body.size <= maxBody) {
      const note = `The picture is larger than the service takes, so a smaller copy was sent (${canvas.width} × ${canvas.height}).`;
      return { body, note };
    }
    if (scale < 0.001) {
      return { body: file, note: '' }; // then the service says what is wrong
    }
  }
}
