/** A run names everything it reads from elsewhere, not the pipeline alone. */
export const schema2 = `
ALTER TABLE runs RENAME COLUMN pipeline_hash TO inputs;
UPDATE runs SET inputs = CASE inputs WHEN 'none' THEN '{}' ELSE json_object('pipeline', inputs) END;
`;
