import sharp from 'sharp';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
const root='/work/shared/data/publictest-images';
const files:string[]=[]; for(const c of await readdir(root)) for (const f of await readdir(join(root,c))) files.push(join(root,c,f));
const all=files.slice(0,1200);
async function pool(k:number, f:(p:string)=>Promise<unknown>){const t=performance.now();let i=0;await Promise.all(Array.from({length:k},async()=>{while(i<all.length)await f(all[i++]);}));return (all.length/((performance.now()-t)/1000)).toFixed(0);}
const full=(x:any)=>sharp(x,{failOn:'error'}).autoOrient().flatten().resize(48,48,{fit:'fill'}).toColourspace('srgb').raw({depth:'uchar'}).toBuffer();
const plain=(x:any)=>sharp(x,{failOn:'error'}).raw({depth:'uchar'}).toBuffer();
console.log('meta',(await sharp(all[0]).metadata()));
for (const conc of [0,1]) for(const cache of [true,false]) { sharp.concurrency(conc); sharp.cache(cache);
 console.log({conc,cache},'full path',await pool(16,full),'full buf',await pool(16,async p=>full(await readFile(p))),'plain buf',await pool(16,async p=>plain(await readFile(p))),'plain buf 4',await pool(4,async p=>plain(await readFile(p))), 'read', await pool(16,p=>readFile(p)), 'meta', await pool(16,async p=>sharp(await readFile(p)).metadata()));}
console.log(process.env.UV_THREADPOOL_SIZE);
