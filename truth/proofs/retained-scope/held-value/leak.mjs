const registry = new FinalizationRegistry(({ descriptor }) => console.log('lost', descriptor));

export class Image {
  constructor(descriptor) {
    this.descriptor = descriptor;
    this.pixels = new Array(1024).fill(0);
    registry.register(this, { image: this, descriptor }); //~ retained-scope
  }
}

export function step(i) {
  return new Image(i).pixels.length;
}
