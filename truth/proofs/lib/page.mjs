// A module that a proof loads again and again.
export function render(url) {
  return `<h1>${url}</h1>`;
}
