import { Blob } from 'node:buffer';

export function preview(bytes) {
  const url = URL.createObjectURL(new Blob([bytes]));
  const name = url.slice(url.lastIndexOf(':'));
  URL.revokeObjectURL(url);
  return name;
}

export const step = () => preview(new Uint8Array(8192));
