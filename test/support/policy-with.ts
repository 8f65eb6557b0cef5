/** A folder of policies with the schema that is shipped and nothing but these. */
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const shipped = join(import.meta.dirname, '../../config/policy')

export function policyWith(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-policy-'))
  copyFileSync(join(shipped, 'schema.cedarschema'), join(dir, 'schema.cedarschema'))
  writeFileSync(join(dir, 'test.cedar'), text)
  return dir
}
