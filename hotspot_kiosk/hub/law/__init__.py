"""What the law asks of the hub: retention, the rights of those whose data it holds, published counts."""
