export const shared = new Map();
