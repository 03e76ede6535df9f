import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { ok } from '../model/fault.ts'
import { accountEndpoints } from './accounts.ts'
import type { Admin } from './admin.ts'
import { type Endpoint, endpoint, noBody } from './api/endpoint.ts'
import { mount } from './api/mount.ts'
import { openapi } from './api/openapi.ts'
import { auditEndpoints } from './audit.ts'
import { channelStateEndpoints } from './channel-state.ts'
import { channelEndpoints } from './channels.ts'
import { credentialEndpoints } from './credentials.ts'
import { dryRunEndpoints } from './dry-run.ts'
import { ledgerEndpoints } from './entries.ts'
import { groupEndpoints } from './groups.ts'
import { keyEndpoints } from './keys.ts'
import { modelLimitEndpoints } from './model-limits.ts'
import { modelEndpoints } from './models.ts'
import { priceEndpoints } from './prices.ts'
import { requestEndpoints } from './requests.ts'
import { spendingEndpoints } from './spending.ts'
import { tokenEndpoints } from './tokens.ts'

/** Every row that needs a token. */
const guarded: readonly Endpoint[] = [
  ...accountEndpoints,
  ...ledgerEndpoints,
  ...spendingEndpoints,
  ...groupEndpoints,
  ...keyEndpoints,
  ...dryRunEndpoints,
  ...channelEndpoints,
  ...credentialEndpoints,
  ...channelStateEndpoints,
  ...modelEndpoints,
  ...modelLimitEndpoints,
  ...priceEndpoints,
  ...requestEndpoints,
  ...auditEndpoints,
  ...tokenEndpoints,
]

const description = endpoint({
  method: 'GET',
  path: '/openapi.json',
  role: 'open',
  bodyLimit: noBody,
  summary: 'This API as a document of OpenAPI 3.1',
  answer: z.record(z.string(), z.unknown()),
  run: async () => ok(openapi(endpoints)),
})

/** The whole management API. */
export const endpoints: readonly Endpoint[] = [...guarded, description]

/** The management API, below `/api`. */
export const adminRoutes = (server: FastifyInstance, admin: Admin): void => mount(server, admin, endpoints)
