
Jroot.layer-0"_tf_keras_layer*'{"class_name": "MyModel", "config": {}}