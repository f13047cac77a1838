// One signal for the life of the process, handed to every call.
const shutdown = new AbortController();

export function delay(ms, value, signal) {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error(`${value.length} given up`));
    setTimeout(() => { signal.removeEventListener('abort', giveUp); resolve(value); }, ms);
    signal.addEventListener('abort', giveUp, { once: true });
  });
}

export const step = (i) => delay(0, new Array(1024).fill(i), shutdown.signal);
