let current = null;

export function replace(rows) {
  const previous = current;
  const isNew = () => previous === null;
  current = { rows, report: () => console.log('replaced'), isNew }; //~ retained-scope
}

export function step(i) {
  replace(new Array(1024).fill(i));
}
