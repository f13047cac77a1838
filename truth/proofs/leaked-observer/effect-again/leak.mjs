// The element stays, the effect runs again whenever its dependency changes.
import { h, render } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export function Box({ onSize }) {
  const element = useRef(null);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => onSize(entry.contentRect)); //~ leaked-observer
    observer.observe(element.current);
  }, [onSize]);
  return h('div', { ref: element });
}

export function step(i) {
  const rows = new Array(1024).fill(i);
  render(h(Box, { onSize: (size) => rows.push(size) }), document.body);
}
