// Each connection starts a heartbeat over the one of the connection before; the end of each stops the last only.
import { EventEmitter } from 'node:events';
import net from 'node:net';

let heart;

const server = net.createServer((socket) => {
  const rows = new Array(1024).fill(0);
  heart = setInterval(() => socket.write(`${rows.pop()}\n`), 3_600_000); //~ leaked-timer
  heart.unref();
  socket.on('close', () => clearInterval(heart));
});

const sockets = [];

export function step() {
  const socket = new EventEmitter();
  server.emit('connection', socket);
  sockets.push(socket);
}

export function settle() {
  for (const socket of sockets.splice(0)) socket.emit('close');
}
