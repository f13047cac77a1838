const sessions = new Map();

function touch(token, address) {
  let session = sessions.get(token);
  if (!session) {
    session = { address, since: Date.now() };
    sessions.set(token, session);
  }
  return session;
}

module.exports = { touch };
