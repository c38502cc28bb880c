
Rroot.layer-0"_tf_keras_layer*/{"class_name": "Dense", "config": {"units": 2}}