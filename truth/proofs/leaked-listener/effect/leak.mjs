import { h, render } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

export function Width({ rows }) {
  const [width, setWidth] = useState(window.innerWidth);
  useLayoutEffect(() => {
    const update = () => setWidth(window.innerWidth + rows.length);
    window.addEventListener('resize', update); //~ leaked-listener
  }, []);
  return h('span', null, width);
}

export function step(i) {
  render(h(Width, { rows: new Array(1024).fill(i) }), document.body);
  render(null, document.body);
}
