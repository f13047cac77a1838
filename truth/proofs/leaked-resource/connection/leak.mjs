import { Pool } from 'pg';
import { serve } from '../../lib/drive.mjs';

const pool = new Pool({ host: '127.0.0.1', port: await serve('postgres'), user: 'shop', database: 'shop', max: 1000 });

export async function order(id) {
  const client = await pool.connect(); //~ leaked-resource
  if (!Number.isInteger(id)) throw new TypeError('no such order');
  try {
    const { rows } = await client.query('select * from orders where id = $1', [id]);
    return rows[0];
  } finally {
    client.release();
  }
}

export const step = () => order('none').catch(() => {});
