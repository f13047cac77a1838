// The other end of the line: clients of the program under proof, and the servers that it asks.
import http from 'node:http';
import net from 'node:net';

const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });

function request(port, path, body, options) {
  const headers = body == null ? {} : { 'content-type': 'application/json' };
  const method = body == null ? 'GET' : 'POST';
  const request = http.request({ port, host: '127.0.0.1', path, method, headers, ...options });
  return request.end(body == null ? undefined : JSON.stringify(body));
}

function ask(port, path, body) {
  return new Promise((resolve, reject) => {
    const sent = request(port, path, body, { agent });
    // The server may close a connection that was idle at the moment of its next use.
    sent.on('error', (error) => (sent.reusedSocket ? resolve(ask(port, path, body)) : reject(error)));
    sent.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
  });
}

function hold(port, path, body) {
  return new Promise((resolve) => {
    const sent = request(port, path, body, { agent: false });
    sent.on('error', () => resolve());
    sent.on('socket', (socket) => socket.on('connect', () => resolve()));
    // The head is read, the body is not.
    sent.on('response', (response) => response.pause());
  });
}

function leave(port, path) {
  return new Promise((resolve) => {
    const sent = request(port, path, undefined, { agent: false });
    sent.on('error', () => resolve());
    sent.on('response', () => sent.destroy());
    sent.on('close', () => resolve());
  });
}

const bodies = [];

/** A request whose body has no end yet. */
function begin(port, path) {
  const sent = http.request({ port, host: '127.0.0.1', path, method: 'POST', agent: false });
  sent.on('error', () => {});
  sent.flushHeaders();
  bodies.push(sent);
}

/** One more piece of that body, if the program still takes it. */
function more(bytes) {
  const sent = bodies[0];
  if (sent.destroyed) return false;
  return new Promise((resolve) => {
    const done = () => {
      sent.off('close', done);
      resolve(!sent.destroyed);
    };
    sent.on('close', done);
    sent.write(Buffer.alloc(bytes, 97), done);
  });
}

const SERVERS = {
  /** Takes a connection and never a byte from it. */
  stuffed: () => net.createServer({ pauseOnConnect: true }, (socket) => socket.on('error', () => {})),
  /** Never answers. */
  silent: () => http.createServer(() => {}),
  /** Answers at once and keeps the connection. */
  brisk: () => http.createServer({ keepAliveTimeout: 600_000 }, (_, response) => response.end('ok')),
  /** Answers with a megabyte. */
  wordy: () => http.createServer((_, response) => response.end(Buffer.alloc(1 << 20))),
  /** Speaks as much of PostgreSQL's protocol as a query without rows needs. */
  postgres: () => net.createServer(postgres),
};

function postgres(socket) {
  const message = (type, ...parts) => {
    const body = Buffer.concat(parts);
    const head = Buffer.alloc(5);
    head.write(type);
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const ready = message('Z', Buffer.from('I'));
  let isStarted = false;
  socket.on('error', () => {});
  socket.on('data', (data) => {
    if (!isStarted) {
      isStarted = true;
      socket.write(Buffer.concat([message('R', Buffer.alloc(4)), ready]));
    } else if (data[0] === 0x58) {
      socket.end();
    } else {
      socket.write(Buffer.concat([message('C', Buffer.from('SELECT 0\0')), ready]));
    }
  });
}

function serve(kind) {
  const server = SERVERS[kind]();
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}

const VERBS = { ask, hold, leave, begin, more, serve };

process.on('message', async ({ id, verb, args }) => {
  try {
    process.send({ id, value: await VERBS[verb](...args) });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
});
process.on('disconnect', () => process.exit());
