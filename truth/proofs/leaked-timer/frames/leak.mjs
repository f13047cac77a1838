import { h, render } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export function Clock({ rows }) {
  const element = useRef(null);
  useLayoutEffect(() => {
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

export function step(i) {
  render(h(Clock, { rows: new Array(8192).fill(i) }), document.body);
  render(null, document.body);
}
