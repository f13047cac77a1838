// One signal for the life of the process, handed to every call.
const shutdown = new AbortController();

export function delay(ms, value, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(() => resolve(value), ms);
    signal.addEventListener('abort', () => reject(new Error(`${value.length} given up`)), { once: true }); //~ leaked-listener
  });
}

export const step = (i) => delay(0, new Array(1024).fill(i), shutdown.signal);
