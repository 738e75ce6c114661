import type { Generated } from 'kysely';
import type { Role } from '../auth/principal.ts';

/** The tables of better-auth, as far as HugOps itself reads them; better-auth writes them through the same Kysely. */
export interface AuthTables {
  auth_users: {
    id: string;
    name: string;
    email: string;
    email_verified: Generated<boolean>;
    image: string | null;
    role: Generated<Role>;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  auth_sessions: { id: string; token: string; user_id: string; expires_at: Date };
  auth_accounts: { id: string; account_id: string; provider_id: string; user_id: string; password: string | null };
  auth_api_keys: {
    id: string;
    name: string | null;
    start: string | null;
    key: string;
    reference_id: string;
    enabled: Generated<boolean>;
    expires_at: Date | null;
    created_at: Date;
    last_request: Date | null;
  };
}
