"""No models. The module is here so that Django sends pre_migrate and post_migrate for this app."""
