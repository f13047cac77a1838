import { h, render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export function Clock({ rows }) {
  const element = useRef(null);
  useEffect(() => {
    let frame;
    const paint = () => {
      element.current?.setAttribute('title', String(rows.length));
      frame = requestAnimationFrame(paint); //~ leaked-timer
    };
    frame = requestAnimationFrame(paint);
    return () => console.debug('gone', frame);
  }, []);
  return h('i', { ref: element });
}

export async function step(i) {
  render(h(Clock, { rows: new Array(1024).fill(i) }), document.body);
  await new Promise((resolve) => setTimeout(resolve, 20));
  render(null, document.body);
}
