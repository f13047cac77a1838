export class Menu {
  constructor(items) {
    this.items = items;
    this.onClick = this.onClick.bind(this);
  }

  open() {
    document.addEventListener('click', this.onClick, true);
  }

  close() {
    document.removeEventListener('click', this.onClick); //~ mismatched-removal
  }

  onClick(event) {
    if (!event.target.closest('menu')) this.close();
  }
}

export function step(i) {
  const menu = new Menu(new Array(1024).fill(i));
  menu.open();
  menu.close();
}
