// Work that takes out its own entry when it is done, and not when it fails.
const syncing = new Map();

async function pull(account) {
  try {
    return await account.changes();
  } finally {
    syncing.delete(account.id);
  }
}

export function sync(account) {
  if (syncing.has(account.id)) return syncing.get(account.id);
  const run = pull(account);
  syncing.set(account.id, run);
  return run;
}

export async function step(i) {
  const changes = async () => {
    throw new Error(`${i} is offline`);
  };
  await sync({ id: i, changes }).catch((error) => error.message);
}
