import { h, render } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

export function Toolbar({ rows }) {
  useLayoutEffect(() => {
    const observer = new MutationObserver((changes) => rows.push(changes.length)); //~ leaked-observer
    observer.observe(document.head, { childList: true });
  }, []);
  return h('div');
}

export function step(i) {
  render(h(Toolbar, { rows: new Array(1024).fill(i) }), document.body);
  render(null, document.body);
}
