import { Pool } from 'pg';
import { serve } from '../../lib/drive.mjs';

let port;

export async function one(sql) {
  const pool = new Pool({ host: '127.0.0.1', port, user: 'shop', database: 'shop', idleTimeoutMillis: 0 });
  try { return (await pool.query(sql)).rows[0]; } finally { await pool.end(); }
}

export async function setUp() {
  port = await serve('postgres');
}
export const step = () => one('select 1');
