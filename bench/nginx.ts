import { execFileSync } from 'node:child_process'

/** Where nginx is; undefined when this machine has none. */
export function nginxVersion(): string | undefined {
  try {
    // It writes its version to the error output.
    return execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }).trim().replace('nginx version: ', '')
  } catch {
    return undefined
  }
}

/** A `proxy_pass` and nothing else: one worker, connections kept on both sides, every chunk passed on at once. */
export const nginxConfig = (port: number, upstreamPort: number, directory: string): string => `
daemon off;
pid ${directory}/nginx.pid;
error_log stderr emerg;
worker_processes 1;
worker_rlimit_nofile 20000;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path ${directory}/client;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  keepalive_requests 100000000;
  keepalive_timeout 600s;
  upstream vendor {
    server 127.0.0.1:${upstreamPort};
    keepalive 512;
    keepalive_requests 100000000;
    keepalive_timeout 600s;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://vendor;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600s;
    }
  }
}
`
