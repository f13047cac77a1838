import { h, render } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export function Width({ rows }) {
  const [width, setWidth] = useState(window.innerWidth);
  useEffect(() => {
    const update = () => setWidth(window.innerWidth + rows.length);
    window.addEventListener('resize', update); //~ leaked-listener
  }, []);
  return h('span', null, width);
}

export async function step(i) {
  render(h(Width, { rows: new Array(1024).fill(i) }), document.body);
  await new Promise((resolve) => setTimeout(resolve, 20));
  render(null, document.body);
}
