"""Models: what a provider is (`base`), the one HTTP transport that all share (`transport`,
`endpoint`), routes over several models (`routes`), what is known of models (`facts`), counting
tokens (`tokens`) and batches (`batch`). Importing this package imports none of them."""
