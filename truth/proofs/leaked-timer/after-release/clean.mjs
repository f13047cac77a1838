// A poll that is stopped while it waits for an answer goes on when the answer comes.
class Poll {
  constructor(ask) {
    this.ask = ask;
    this.rows = new Array(1024).fill(0);
  }

  async run() {
    this.last = await this.ask(this.rows.length);
    if (this.stopped) return;
    this.timer = setTimeout(() => this.run(), 3_600_000);
    this.timer.unref();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}

export async function step(i) {
  const poll = new Poll(async (length) => length + i);
  const first = poll.run();
  poll.stop();
  await first;
}
